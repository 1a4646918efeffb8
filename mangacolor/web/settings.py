"""What `mangacolor serve` may be told, with its defaults."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from mangacolor.errors import UsageError


@dataclass(frozen=True)
class ServeSettings:
    """Who may ask for what.

    Attributes:
        host: Address to listen at.
        port: Port to listen at.
        token: What a request must show; needed where the address is not this machine's own.
        hosts: Names, beside addresses and localhost, by which the server is called.
        origins: Sites whose pages may use the routes made for browsers; empty for any.
        fetch: Whether pages are fetched from the web for the browser extension.
        max_body: Largest request, in bytes.
        max_pixels: Largest page.
        upload_seconds: A request must have arrived by then.
        wait_seconds: A page that is not there by then is given up.
        queue_pages: So many pages may wait.
        proxy: Address of a library's server (Komga, Kavita, LANraragi, Stump) that is passed through; empty for none.
        only: Names of its libraries, tags and genres of which pages are coloured; empty for all.
        ahead: So many pages after one that is read are coloured before they are asked for.
        library: Folder whose books are shown as an OPDS catalogue; None for none.
        studio: Folder of the projects that are corrected by hand at `/`; None for no studio.
        series_dir: Folder of series folders, `NAME.series` for the title NAME; None for none.
    """

    host: str = "127.0.0.1"
    port: int = 8800
    token: str = ""
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    fetch: bool = False
    max_body: int = 64 << 20
    max_pixels: int = 40_000_000
    upload_seconds: float = 60.0
    wait_seconds: float = 600.0
    queue_pages: int = 64
    proxy: str = ""
    only: tuple[str, ...] = ()
    ahead: int = 4
    library: Path | None = None
    studio: Path | None = None
    series_dir: Path | None = None

    def check(self) -> None:
        """Refuse what would let strangers in.

        Raises:
            UsageError: Others than this machine can reach the address, and there is no token; or a number is out of
                place.
        """
        if not 0 <= self.port <= 65535:
            raise UsageError(f"There is no port {self.port}.", advice="Give --port 0 to 65535.")
        if min(self.max_body, self.max_pixels, self.upload_seconds, self.wait_seconds, self.queue_pages) <= 0:
            raise UsageError("Limits must be more than 0.", advice="Look at --queue, --max-body-mb and the like.")
        if self.ahead < 0:
            raise UsageError("Fewer than 0 pages cannot be coloured ahead.", advice="Give --ahead 0 for none.")
        if self.only and not self.proxy:
            raise UsageError("--only chooses among the books behind --proxy.", advice="Give --proxy URL, too.")
        if self.proxy:
            _check_address(self.proxy)
        if self.library is not None and not self.library.is_dir():
            raise UsageError(f"{self.library} is no folder.", advice="Give --library the folder that holds the books.")
        if self.series_dir is not None and not self.series_dir.is_dir():
            raise UsageError(
                f"{self.series_dir} is no folder.",
                advice="Give --series-dir the folder that holds NAME.series folders.",
            )
        if not is_loopback(self.host) and not self.token:
            raise UsageError(
                f"{self.host} can be reached from other machines, so requests must show a token.",
                advice="Give --token TEXT, or leave --host out, so that only this machine reaches it.",
            )
        if self.token and not (self.token.isascii() and self.token.replace("-", "").replace("_", "").isalnum()):
            raise UsageError("The token has letters that do not fit into addresses.", advice="Use a-z, 0-9, - and _.")


def _check_address(url: str) -> None:
    """Refuse what is no address of a server.

    Raises:
        UsageError: It is none, or says more than where the server is.
    """
    try:
        parts = urlsplit(url)
        is_server = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_server = False
    if not is_server or parts.username is not None:
        raise UsageError(f"{url} is no address of a server.", advice="Give --proxy http://127.0.0.1:25600, say.")
    if parts.path or parts.query or parts.fragment:
        raise UsageError(
            f"{url} says more than where the server is.",
            advice=f"Give --proxy {parts.scheme}://{parts.netloc}: paths stay what they are.",
        )


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches an address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
