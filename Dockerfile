# A server with the embedding model and the index of the essays inside. It needs no network, no root and no writable
# root file system: what it writes goes to /tmp and /data. docs/operate.md says how to run it.
FROM python:3.11-slim AS built
# The CPU build of torch, which exports the embedding model; "" takes the usual index alone.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/assistant
ENV PATH=/opt/assistant/bin:$PATH
WORKDIR /src
COPY . .
# The pins of requirements.txt hold; what only tests need is not installed.
RUN pip install ${TORCH_INDEX:+--extra-index-url $TORCH_INDEX} --constraint requirements.txt ".[postgres,redis]"
ENV ASSISTANT_INDEX=/opt/index ASSISTANT_ENCODERS=/opt/encoders
RUN cd / && assistant index build

FROM python:3.11-slim
COPY --from=built /opt/assistant /opt/assistant
COPY --from=built /opt/encoders /opt/encoders
COPY --from=built --chown=10001:10001 /opt/index /data/index
RUN install -d -o 10001 -g 10001 /data /data/documents
ENV PATH=/opt/assistant/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/data \
    ASSISTANT_INDEX=/data/index \
    ASSISTANT_ENCODERS=/opt/encoders \
    ASSISTANT_DATABASE_URL=sqlite:////data/assistant.sqlite3 \
    ASSISTANT_HOST=0.0.0.0 \
    ASSISTANT_PORT=7860
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['ASSISTANT_PORT']}/healthz\", timeout=4)"]
CMD ["assistant", "serve"]
