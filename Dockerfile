# The app in a container; the port is published on this machine's loopback address only:
#   docker build -t fitwatch .
#   docker run --rm -p 127.0.0.1:8501:8501 -v "$PWD/runs:/runs:ro" fitwatch                    looks at ./runs, changes nothing
#   docker run --rm -p 127.0.0.1:8501:8501 -v "$PWD/runs:/runs" --user "$(id -u)" fitwatch /runs --token     may also train and try
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml requirements.txt README.md LICENSE ./
COPY app app
COPY diagnostics diagnostics
COPY trainer trainer
COPY fitwatch fitwatch
COPY docs/method.md docs/regularizers.md docs/
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
# what reads, judges and shows; --build-arg EXTRA=train adds what trains and tries (PyTorch, several gigabytes)
ARG EXTRA=""
COPY requirements.txt /tmp/
COPY --from=build /wheels /wheels
# the versions that are tested together, as far as they are asked for
RUN wheel="$(echo /wheels/fitwatch-*.whl)" \
    && sed 's/\[.*\]//' /tmp/requirements.txt > /tmp/constraints.txt \
    && pip install --no-cache-dir --constraint /tmp/constraints.txt "$wheel${EXTRA:+[$EXTRA]}" \
    && rm -r /wheels /tmp/*.txt \
    && useradd --create-home --uid 1000 fitwatch
USER 1000
WORKDIR /home/fitwatch
# inside, the app listens on every address; without --token it then starts and writes nothing
ENV STREAMLIT_SERVER_ADDRESS=0.0.0.0 STREAMLIT_SERVER_HEADLESS=true
EXPOSE 8501
VOLUME /runs
HEALTHCHECK --start-period=30s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:8501/_stcore/health', timeout=3)"]
ENTRYPOINT ["fitwatch"]
CMD ["/runs", "--read-only"]
