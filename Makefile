PYTHON ?= python3
RUN := TF_CPP_MIN_LOG_LEVEL=3 .venv/bin/python

.PHONY: demo test lint clean

## Learn from pair labels on real digits, export to int8, find a digit in a video. Results in demo/.
demo: .venv/ready
	$(RUN) -m getnet_tf.demo --out demo

## Set up and run the tests.
test: .venv/ready
	$(RUN) -m pytest -q -n 2 --dist loadfile

## What the code must pass besides the tests.
lint: .venv/ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

.venv/ready: requirements.txt setup.py
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --upgrade pip
	.venv/bin/pip install --quiet -r requirements.txt
	touch $@

clean:
	rm -rf .venv demo
