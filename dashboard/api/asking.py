"""Who may ask, about what, and where the answer comes from. In: a request's key and the site that it names. Out: the site, as
query/ takes it, or a refusal.

Keys and sites are read from the accounts' database and not from their snapshot in Redis, so that questions are answered while
Redis is away.
"""

from accounts.asked import asked_site
from accounts.database import Accounts
from accounts.keys import key_called
from accounts.sites import id_of
from accounts.tables import Key
from collect.errors import NoKey, NoRight, Unreadable
from dashboard.api.errors import UnknownSite
from dashboard.api.limit import Limit
from dashboard.opened import Opened
from query.site import Site
from store.base import Store

NO_KEY = "This needs an API key that may read: Authorization: Bearer KEY (./fizzstat keys add makes one)."


class Asking:
    """Threads share it."""

    def __init__(self, opened: Opened):
        self._opened = opened
        self._limit = Limit(opened.settings, lambda: opened.now().timestamp())

    @property
    def store(self) -> Store:
        return self._opened.store

    @property
    def accounts(self) -> Accounts:
        """Raises AccountsAway."""
        return self._opened.accounts

    def key(self, authorization: str) -> Key:
        """The key in this header, which may read; the question is counted. Raises NoKey, NoRight, TooManyQuestions,
        AccountsAway."""
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise NoKey(NO_KEY)
        with self.accounts.read() as session:
            key = key_called(session, token.strip())
        if key is None:
            raise NoKey("Nobody knows this API key; ./fizzstat keys list names those that there are.")
        self._limit.admit(key.name, key.sha256)
        if "read" not in key.rights:
            raise NoRight(f"The key {key.name} has no right to read.")
        return key

    def site(self, key: Key, text: object) -> Site:
        """The site that is called so, about which the key may ask. Raises Unreadable, NoRight, UnknownSite, AccountsAway,
        StoreAway."""
        if not isinstance(text, str) or not text.strip():
            raise Unreadable("site_id is missing: name the site that is asked about, such as example.com.", "site_id")
        with self.accounts.read() as session:
            if key.site and id_of(session, text) != key.site:
                raise NoRight(f"The key {key.name} is for {key.site} alone, and this is for {text!r}.", "site_id")
            found = asked_site(session, self.store, text, self._opened.settings)
        if found is None:
            raise UnknownSite(text)
        return found
