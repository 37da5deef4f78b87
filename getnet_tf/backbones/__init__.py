"""The twin encoder's layers (III-B), and the weights that ImageNet taught some of them."""
