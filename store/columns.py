"""How documents stand in the embedded store: mappings/ in; a tantivy schema, and rows for tantivy, out.

A row is a text of JSON, values by column: tantivy reads one in less than half the time that its Python objects take to make.

Every field is a column of its own under its dotted path. Dates are whole milliseconds, since tantivy's own keep seconds.
Keywords are indexed as they are (tokenizer `raw`), flattened fields as JSON of texts. `_key` (index + "/" + id) names a
document; `_source` keeps its JSON, and is all that comes back.

A document that Elasticsearch refuses is refused here too: the same types, ranges and lengths.
"""

import math
from binascii import b2a_base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
import tantivy

from store.base import Document
from store.mappings import META, WHOLE_NUMBERS, Field, fields
from store.source import Unwritable

MOST_KEYWORD = 32_766  # bytes: Lucene takes no longer term
MOST_DEPTH = 20  # of a flattened field


def key(index: str, id_: str) -> str:
    return f"{index}/{id_}"


@cache
def schema(kind: str) -> tantivy.Schema:
    build = tantivy.SchemaBuilder()
    build.add_text_field("_key", stored=True, tokenizer_name="raw", index_option="basic")
    build.add_bytes_field("_source", stored=True)
    for field in (*META.values(), *fields(kind).values()):
        if field.kept or field.type == "geo_point":
            continue
        if field.type == "keyword":
            build.add_text_field(field.path, fast=True, tokenizer_name="raw", index_option="basic")
        elif field.type == "flattened":
            build.add_json_field(field.path, fast=True, tokenizer_name="raw", index_option="basic", expand_dots_enabled=True)
        elif field.type == "double":
            build.add_float_field(field.path, indexed=True, fast=True)
        else:
            build.add_integer_field(field.path, indexed=True, fast=True)
    return build.build()


def row(document: Document) -> str:
    """Raises Unwritable."""
    values = _named(document)
    try:
        source = orjson.loads(document.source)
    except orjson.JSONDecodeError as error:
        raise Unwritable(f"is no JSON: {error.msg}") from None
    if not isinstance(source, dict):
        raise Unwritable("is no object")
    _collect(source, _tree(document.kind), values)
    if len(document.source) > MOST_KEYWORD:
        _check_lengths(values)
    return orjson.dumps(values).decode()


def bare_row(document: Document) -> str:
    """A document that is kept, and found by its name alone."""
    return orjson.dumps(_named(document)).decode()


def _named(document: Document) -> dict[str, Any]:
    index, id_, source = document.index, document.id, b2a_base64(document.source, newline=False).decode()
    return {"_key": key(index, id_), "_id": id_, "_index": index, "_source": source}


def converted(field: Field, value: Any) -> Any:
    """What stands in the field's column for a single value of a document."""
    return _CONVERT[field.type](value)


class _Leaf:
    """A field's place in the tree. `convert` makes what the column takes of a value, None where that is nothing, or refuses."""

    def __init__(self, field: Field):
        self.path = field.path
        self.is_keyword = field.type == "keyword"
        self._convert = _CONVERT[field.type]
        self._takes_lists = field.type == "flattened"

    def put(self, value: Any, values: dict[str, Any]) -> None:
        try:
            if type(value) in (list, tuple) and not self._takes_lists:
                converted = [self._convert(one) for one in _flat(value) if one is not None]
                put: Any = list(dict.fromkeys(one for one in converted if one is not None)) or None
            else:
                put = self._convert(value)
        except Unwritable as error:
            raise Unwritable(f"[{self.path}] {error}") from None
        if put is not None:
            values[self.path] = put


@cache
def _tree(kind: str) -> dict[str, Any]:
    """Leaves by path, nested as documents are."""
    tree: dict[str, Any] = {}
    for field in fields(kind).values():
        if not field.kept:
            *groups, name = field.path.split(".")
            branch = tree
            for group in groups:
                branch = branch.setdefault(group, {})
            branch[name] = _Leaf(field)
    return tree


def _collect(group: Mapping[str, Any], tree: Mapping[str, Any], values: dict[str, Any]) -> None:
    for name, value in group.items():
        node = tree.get(name)
        if node is None or value is None:
            continue
        if type(node) is dict:
            if type(value) is not dict and not isinstance(value, Mapping):
                raise Unwritable(f"[{name}] is a group of fields, not a value")
            _collect(value, node, values)
        elif type(value) is str and node.is_keyword:
            values[node.path] = value
        else:
            node.put(value, values)


def _keyword(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | int | float):
        return orjson.dumps(value).decode()
    raise Unwritable("takes a text")


def _whole(bits: int) -> Callable[[Any], int | None]:
    most = 1 << bits

    def convert(value: Any) -> int | None:
        if type(value) is int and -most <= value < most:
            return value
        if isinstance(value, float) and not math.isfinite(value):
            return None  # null in JSON
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise Unwritable("takes a whole number")
        if not -most <= value < most:
            raise Unwritable(f"takes a number of at most {bits + 1} bits")
        return int(value)

    return convert


def _double(value: Any) -> float | None:
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unwritable("takes a number")
    return float(value) if math.isfinite(value) else None


def _date(value: Any) -> int:
    """Milliseconds of ISO 8601, without a zone of UTC."""
    if type(value) in (int, float):
        if not abs(value) < 1 << 63:
            raise Unwritable("takes a date, and this is none")
        return int(value)
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Unwritable("takes a date, as ISO 8601 or milliseconds since 1970") from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _flattened(value: Any) -> dict[str, list[str]] | None:
    """Texts by dotted key."""
    texts: dict[str, list[str]] = {}
    for one in value if isinstance(value, list | tuple) else [value]:
        if not isinstance(one, Mapping):
            raise Unwritable("takes an object")
        _flatten(one, "", texts, 1)
    return texts or None


def _flatten(value: Any, path: str, texts: dict[str, list[str]], depth: int) -> None:
    if isinstance(value, Mapping):
        if depth > MOST_DEPTH:
            raise Unwritable(f"takes an object of at most {MOST_DEPTH} levels")
        for name, inside in value.items():
            if "\0" in name:
                raise Unwritable("takes no key with a NUL in it")
            _flatten(inside, f"{path}.{name}" if path else name, texts, depth + 1)
    elif isinstance(value, list | tuple):
        for one in value:
            _flatten(one, path, texts, depth)
    elif value is not None:
        text = _keyword(value)
        if text not in texts.setdefault(path, []):
            texts[path].append(text)


def _point(value: Any) -> None:
    """Elasticsearch's geo_point as the importer writes it; nothing is asked of it here, so only wrong ones matter."""
    lat, lon = (value.get("lat"), value.get("lon")) if isinstance(value, Mapping) else (None, None)
    if not isinstance(lat, int | float) or not isinstance(lon, int | float):
        raise Unwritable("takes {lat, lon}")
    if abs(lat) > 90 or abs(lon) > 180:
        raise Unwritable("takes a latitude to 90 and a longitude to 180 degrees")


def _flat(values: Sequence[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _flat(value)
        else:
            yield value


def _check_lengths(values: Mapping[str, Any]) -> None:
    for path, value in values.items():
        if path != "_source" and any(len(text.encode()) > MOST_KEYWORD for text in _texts(value)):
            raise Unwritable(f"[{path}] takes at most {MOST_KEYWORD} bytes")


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [name + text for name, texts in value.items() for text in texts]
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


_CONVERT: dict[str, Callable[[Any], Any]] = {
    "keyword": _keyword,
    "double": _double,
    "date": _date,
    "flattened": _flattened,
    "geo_point": _point,
    **{name: _whole(bits) for name, bits in WHOLE_NUMBERS.items()},
}
