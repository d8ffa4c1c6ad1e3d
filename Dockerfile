# docker build -t understudy .                  CPU
# docker build -t understudy-gpu --target gpu . NVIDIA, run with --gpus all
# docker run --rm -v "$PWD:/data" understudy swap --source face.jpg --i-have-consent clip.mp4 out.mp4
FROM python:3.12-slim AS base
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 UNDERSTUDY_MODELS=/models
WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN pip install --require-hashes -r requirements/base.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY engines engines
COPY calib calib
COPY stream stream
COPY understudy_video understudy_video
COPY tools tools
RUN pip install setuptools && pip install --no-deps --no-build-isolation . \
 && useradd --create-home --uid 1000 understudy \
 && mkdir /models /data && chown understudy: /models /data
USER understudy
RUN understudy models pull --quiet
VOLUME /models
WORKDIR /data
ENTRYPOINT ["understudy"]
CMD ["--help"]

FROM base AS gpu
USER root
RUN pip install "/app[gpu]"
USER understudy

# the last stage is the default one
FROM base AS cpu
