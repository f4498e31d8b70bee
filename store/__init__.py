"""Where documents live: `open_store(settings)` gives a Store (store/base.py), in Elasticsearch or in a folder."""

from settings import Settings
from store.base import Store


def open_store(settings: Settings, write: bool = False) -> Store:
    """The store that FIZZSTAT_STORE_URL names. Raises StoreTaken when the embedded one has a writer already.

    Opening Elasticsearch does not talk to it: `setup` is the first that can raise StoreAway.
    """
    if settings.store_url == "embedded":
        from store.embedded import EmbeddedStore

        return EmbeddedStore(settings.data_dir / "store", settings.index_prefix, write)
    from store.elastic import ElasticStore
    from store.elastic_setup import Shape

    return ElasticStore(settings.store_url, settings.index_prefix, settings.store_api_key, write, Shape.of(settings))
