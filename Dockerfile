FROM python:3.12-slim AS packages

RUN apt-get update && apt-get install -y --no-install-recommends binutils

# The requirements come before the code: a change of the code does not install them again. On x86 the TensorFlow build
# without GPU code has a name of its own; elsewhere the plain one has none.
COPY requirements.txt /
RUN if [ "$(uname -m)" = x86_64 ]; then sed -i 's/^tensorflow==/tensorflow-cpu==/' /requirements.txt; fi \
    && pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --prefix=/packages \
        -r /requirements.txt

# What nobody needs at run time: C++ headers, the packages' own tests, the compiler front end (TensorFlow requires
# libclang, nothing imports it) and the symbol tables of the two largest packages. They are a third of all; the last
# command proves that what is left imports, differentiates and compiles.
RUN cd /packages/lib/python3.12/site-packages \
    && rm -rf tensorflow/include pyarrow/include clang libclang-*.dist-info /packages/share \
    && find . -type d -name tests -prune -exec rm -rf {} + \
    && find tensorflow pyarrow -name '*.so*' -exec strip --strip-unneeded {} + \
    && PYTHONPATH=. TF_CPP_MIN_LOG_LEVEL=2 python -c "\
import keras, pandas, plotly.graph_objects, pyarrow, scipy.stats, sklearn.datasets, streamlit, tensorflow as tf; \
tf.function(lambda x: tf.gradients(keras.activations.gelu(x), x), jit_compile=True)(tf.ones(3))"



FROM python:3.12-slim

COPY --from=packages /packages /usr/local
WORKDIR /app
COPY . .

# HOME is /tmp because nothing else needs to be writable. Bytecode cannot be written next to code that root owns.
ENV HOME=/tmp \
    KERAS_BACKEND=tensorflow \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TF_CPP_MIN_LOG_LEVEL=2
USER 10001:10001
EXPOSE 8501

# /healthz answers 200 only when the dashboard is warm; Streamlit's own /_stcore/health is content with less, and a path
# that nobody serves gets 200 and a page of HTML, hence the look for a "<". The empty ProxyHandler keeps a proxy that the
# environment names out of a request to ourselves.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import *; exit(b'<' in build_opener(ProxyHandler({})).open('http://127.0.0.1:8501/healthz', timeout=4).read())"]

# The server is process 1 itself, so that SIGTERM reaches it.
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true"]
