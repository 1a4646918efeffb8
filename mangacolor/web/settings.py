"""What `mangacolor serve` may be told, with its defaults."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

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
        if not is_loopback(self.host) and not self.token:
            raise UsageError(
                f"{self.host} can be reached from other machines, so requests must show a token.",
                advice="Give --token TEXT, or leave --host out, so that only this machine reaches it.",
            )
        if self.token and not (self.token.isascii() and self.token.replace("-", "").replace("_", "").isalnum()):
            raise UsageError("The token has letters that do not fit into addresses.", advice="Use a-z, 0-9, - and _.")


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches an address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
