# The camera program's page, for x86-64 and 64-bit ARM; how to build and run it is in docs/camera.md.
FROM debian:trixie-slim

# What OpenCV's wheel expects on the system, and Debian's own Python.
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-venv libgl1 libglib2.0-0t64 \
    && rm -rf /var/lib/apt/lists/*

# All that is installed besides comes as wheels, which there are for both processors: nothing is compiled.
COPY setup.py pyproject.toml README.md LICENSE NOTICE /src/
COPY edge_demo /src/edge_demo
COPY getnet_tf /src/getnet_tf
COPY export /src/export
RUN python3 -m venv /opt/getnet \
    && /opt/getnet/bin/pip install --no-cache-dir --prefer-binary "/src[web,mqtt]" \
    && rm -rf /src

# It reads cameras and writes to its own folder.
RUN useradd --system --groups video --home-dir /var/lib/getnet --create-home getnet
USER getnet
WORKDIR /var/lib/getnet
VOLUME /var/lib/getnet
EXPOSE 8080

ENTRYPOINT ["/opt/getnet/bin/python", "-m", "edge_demo"]
CMD ["--gallery", "things", "--snapshots", "seen", "--web", "0.0.0.0:8080"]
