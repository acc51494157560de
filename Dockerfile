# Builds the wheel (model inside) and installs it for a user without rights. At run time nothing is downloaded:
#   docker build -t voc .
#   docker run --rm --network none --user "$(id -u)" -e HOME=/tmp -v "$PWD:/data" voc run feedback.csv
FROM python:3.11-slim AS build
WORKDIR /src
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11-slim
ENV PYTHONDONTWRITEBYTECODE=1 HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1
ARG PIP_ARGS=""
COPY --from=build /wheels /wheels
COPY constraints.txt /tmp/constraints.txt
# For report.pdf: WeasyPrint draws with Pango, Chinese needs a font.
RUN apt-get update -q && apt-get install -qy --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 \
        libharfbuzz-subset0 fonts-noto-cjk && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir ${PIP_ARGS} -c /tmp/constraints.txt /wheels/*.whl \
    && rm -rf /wheels /tmp/constraints.txt \
    && useradd --create-home --uid 10001 voc
USER voc
WORKDIR /data
ENTRYPOINT ["voc"]
CMD ["--help"]
