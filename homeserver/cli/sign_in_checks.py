"""What `isthmus doctor` asks of those through whom people sign in: providers and a directory."""

from collections.abc import Iterator

from homeserver.cli.findings import Finding, good, problem, warning
from homeserver.cli.network_checks import fetch
from homeserver.config.settings import Settings
from homeserver.config.single_sign_on import OpenIdProvider
from homeserver.peers.ldap_directory import DirectoryError, LdapDirectory, load_library
from homeserver.peers.openid_providers import ProviderError, discovery_url, keys_of, metadata_of


def providers(settings: Settings) -> Iterator[Finding]:
    """Each provider is found, is who we think, and has keys that we understand."""
    for provider in settings.single_sign_on.openid:
        yield from _provider(settings, provider)


def _provider(settings: Settings, provider: OpenIdProvider) -> Iterator[Finding]:
    url = discovery_url(provider.issuer)
    authorities = settings.federation.custom_ca_paths
    try:
        found = fetch(url, authorities=authorities)
        metadata = metadata_of(found, provider.issuer)
        keys = keys_of(fetch(metadata.jwks_uri, authorities=authorities))
    except ProviderError as error:
        remedy = "`issuer` must be, letter for letter, what the provider calls itself there."
        yield problem("sign-in", f"{provider.id}: {url}: {error}.", remedy)
        return
    except ValueError as error:
        remedy = "Nobody can come in through it. See its `issuer`, and whether it runs."
        yield problem("sign-in", f"{provider.id}: {url}: {error}.", remedy)
        return
    if not keys:
        remedy = "Let it sign identity tokens with RSA or elliptic curves."
        yield problem("sign-in", f"{provider.id} shows no keys that can be used.", remedy)
        return
    if provider.ends_sessions and found.get("backchannel_logout_supported") is not True:
        remedy = "Set `ends_sessions: false`, or turn it on at the provider."
        yield warning("sign-in", f"{provider.id} does not tell of sessions that end.", remedy)
    yield good("sign-in", f"The provider {provider.id} answers at {provider.issuer}.")


def directory(settings: Settings) -> Iterator[Finding]:
    """It lets this server in, and can be searched."""
    wanted = settings.single_sign_on.ldap
    if wanted.uri is None:
        return
    try:
        library = load_library()
    except ImportError:
        remedy = "pip install isthmus[ldap]"
        yield problem("sign-in", "The library for directories is not installed.", remedy)
        return
    try:
        LdapDirectory(wanted, library).greet()
    except DirectoryError as error:
        remedy = "See single_sign_on.ldap: uri, start_tls, custom_ca_path, bind_dn, bind_password."
        yield problem("sign-in", f"The directory {wanted.uri}: {error}.", remedy)
    else:
        yield good("sign-in", f"The directory {wanted.uri} lets this server in.")
