"""From a checkpoint to a `.tflite` file: quantization-aware fine-tuning, conversion, gates."""
