PYTHON ?= python3
RUN := TF_CPP_MIN_LOG_LEVEL=2 .venv/bin/python
PAIRS := 48000
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: demo test test-bulk test-lowest test-browser lint clean

## Learn from pair labels on real digits, export to int8, find a digit in a video: 6 to 8 minutes and 10 CPU minutes, results in demo/.
demo: .venv/ready
	$(RUN) -m getnet_tf.train --out demo/getnet --pairs $(PAIRS) --resume
	$(RUN) -m getnet_tf.train --out demo/siamese --localiser none --pairs $(PAIRS) --resume
	$(RUN) -m getnet_tf.evaluate --model demo/getnet --baseline demo/siamese --figures demo/figures --json demo/scores.json
	$(RUN) export/to_tflite.py demo/getnet --out demo/model.tflite
	$(RUN) -m getnet_tf.evaluate --model demo/model.tflite --data digits --json demo/scores_int8.json
	$(RUN) -m getnet_tf.data.moving --digit 3 --out demo/scene
	$(RUN) -m edge_demo --model demo/model.tflite --reference demo/scene/digit-3.png \
		--source demo/scene/scene.mp4 --headless --out demo/found --overwrite
	@echo "Watch demo/found/video.mp4, look at demo/figures/."

## Set up and run the tests.
test: .venv/ready
	$(RUN) -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

## Set up a place with Apache Beam, which can't share one with TensorFlow, and run the tests that need it.
test-bulk: .venv-bulk/ready
	.venv-bulk/bin/python -m pytest -q tests/test_autolabel_bulk.py tests/test_retrieval_bulk.py

## The lowest versions of all packages that setup.py allows, in a place of their own, and the tests of the camera program there.
## Once for each Python: make test-lowest PYTHON=python3.10
test-lowest:
	rm -rf .venv-lowest
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/pip install --quiet uv==0.13.9
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest --resolution lowest-direct -e '.[web,mqtt,train]' 'pytest>=9,<10'
	.venv-lowest/bin/uv pip freeze --python .venv-lowest | grep -E '^(numpy|opencv-python|ai-edge-litert|aiohttp|paho-mqtt|tensorflow|keras)=='
	PYTHONPATH=. TF_CPP_MIN_LOG_LEVEL=2 .venv-lowest/bin/python -m pytest -q tests/test_edge_*.py tests/test_own_file.py

## The page in a real browser: Chromium and its driver from Debian's packages, unless they are there.
test-browser: .venv/ready
	.venv/bin/pip install --quiet selenium==4.51.0
	command -v chromium chromedriver >/dev/null || $(SUDO) apt-get install --yes chromium chromium-driver
	$(RUN) -m pytest -q --browser tests/browser

## What the code must pass besides the tests.
lint: .venv/ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

.venv/ready: requirements.txt setup.py
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --upgrade pip
	.venv/bin/pip install --quiet -r requirements.txt
	touch $@

.venv-bulk/ready: requirements-bulk.txt setup.py
	$(PYTHON) -m venv .venv-bulk
	.venv-bulk/bin/pip install --quiet --upgrade pip
	.venv-bulk/bin/pip install --quiet -r requirements-bulk.txt
	touch $@

clean:
	rm -rf .venv .venv-bulk .venv-lowest demo
