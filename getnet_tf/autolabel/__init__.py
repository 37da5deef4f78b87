"""Boxes without drawing boxes: a folder of pictures and one picture of the thing become a labelled detection data set."""
