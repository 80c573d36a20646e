"""What every server loads and none changes: imported once by the process that servers are forked from.

Reading texts starts no thread, so a fork of it is as good as a process of its own.
"""

import chromadb.api.rust  # noqa: F401 - Chroma imports it when it opens a folder

from assistant.corpus.loading import load_corpus
from assistant.settings import load_settings

load_corpus(load_settings())
