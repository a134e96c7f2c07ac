# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
COPY requirements/installer.lock requirements/app.lock /requirements/
RUN pip install --no-cache-dir --require-hashes -r /requirements/installer.lock \
    && python -m venv /venv \
    && UV_PYTHON_DOWNLOADS=never uv pip sync --require-hashes --compile-bytecode --no-cache \
        --python /venv/bin/python /requirements/app.lock

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /app lms
COPY --from=build /venv /venv
COPY src /app/src
COPY migrations /app/migrations
RUN ["/venv/bin/python", "-m", "compileall", "-q", "/app/src", "/app/migrations"]
WORKDIR /app
USER lms
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app/src PYTHONUNBUFFERED=1 SERVER_HOST=0.0.0.0 SERVER_PORT=8000 ENVIRONMENT=production
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD \
    ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\") or os.environ[\"SERVER_PORT\"]}/health', timeout=2)"]
# Needs DATABASE_URL, REDIS_URL and SECURITY_SECRET_KEY.
CMD ["python", "-m", "lms_entrypoints.cli", "serve", "--migrate"]
