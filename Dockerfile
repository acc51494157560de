# Builds the wheel (model inside) and installs it for a user without rights. At run time nothing is downloaded:
#   docker build -t voc . && docker run --rm --network none -v "$PWD:/data" voc run /data/feedback.csv -w /data/voc-workspace
FROM python:3.11-slim AS build
WORKDIR /src
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11-slim
ENV PYTHONDONTWRITEBYTECODE=1 HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 VOC_CACHE_DIR=/home/voc/.cache/voc
COPY --from=build /wheels /wheels
COPY constraints.txt /tmp/constraints.txt
RUN pip install --no-cache-dir -c /tmp/constraints.txt /wheels/*.whl \
    && rm -rf /wheels /tmp/constraints.txt \
    && useradd --create-home --uid 10001 voc
USER voc
WORKDIR /data
ENTRYPOINT ["voc"]
CMD ["--help"]
