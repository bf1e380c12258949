# The service as an image: two stages, a numeric user, one volume, nothing written elsewhere (docs/installation.md).
#   docker build -t survey-classifier .          (podman and buildah take the same file)
# BASE may be any image with Python 3.11 or newer and `python3 -m venv`; pin it by digest where that is your rule.
ARG BASE=docker.io/library/python:3.13-slim-bookworm

FROM ${BASE} AS build
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY pyproject.toml README.md LICENSE taxonomy.yaml ./
COPY prompts prompts
COPY gold gold
COPY offline offline
COPY measured measured
COPY classifier classifier
RUN python3 -m venv /opt/classifier \
 && /opt/classifier/bin/python -m pip install --no-cache-dir ".[serve,mcp]"

FROM ${BASE}
LABEL org.opencontainers.image.title="survey-classifier" \
      org.opencontainers.image.licenses="MIT"
# Numeric, so that `runAsNonRoot` can be checked; the volume takes over the folder's owner.
RUN mkdir -p /data && chown 10001:10001 /data && chmod 0700 /data
COPY --from=build /opt/classifier /opt/classifier
ENV PATH=/opt/classifier/bin:$PATH \
    HOME=/data \
    TMPDIR=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CLASSIFIER_CACHE_DIR=/data/cache \
    CLASSIFIER_DATA_DIR=/data/state
VOLUME /data
USER 10001:10001
EXPOSE 8017
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8017/healthz', timeout=8)"]
ENTRYPOINT ["classifier"]
# Refuses to start until a user was added: `… serve /data/runs --add-user NAME --role owner`.
CMD ["serve", "/data/runs", "--host", "0.0.0.0"]
