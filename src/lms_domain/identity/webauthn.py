"""What browsers and servers tell each other about passkeys: the JSON of WebAuthn Level 3 (§5.1.7 to §5.1.10), by its
own names, so that `parseCreationOptionsFromJSON`, `parseRequestOptionsFromJSON` and `toJSON` fit as they are.

Bytes are base64url without padding. What an answer has beside these members is left unread: browsers add some.
"""

from dataclasses import dataclass, field
from typing import Literal, Protocol
from uuid import UUID

from lms_domain.kernel import Invalid, Problem

Type = Literal["public-key"]
Wish = Literal["required", "preferred", "discouraged"]

ALGORITHMS = (-8, -7, -257)  # COSE (RFC 9053, RFC 8812): EdDSA, ES256, RS256; the first that a device can do
TIMEOUT = 300_000  # milliseconds: as long as the options are good


@dataclass(frozen=True, slots=True, kw_only=True)
class RelyingPartyEntity:
    name: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEntity:
    id: str
    name: str
    displayName: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialParameters:
    type: Type = "public-key"
    alg: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialDescriptor:
    type: Type = "public-key"
    id: str
    transports: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatorSelection:
    """A security key that keeps no account, or asks for no PIN, is a good second factor, and no way in by itself."""

    residentKey: Wish = "preferred"
    requireResidentKey: bool = False
    userVerification: Wish = "preferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreationOptions:
    """`PublicKeyCredentialCreationOptionsJSON`."""

    rp: RelyingPartyEntity
    user: UserEntity
    challenge: str
    pubKeyCredParams: list[CredentialParameters] = field(
        default_factory=lambda: [CredentialParameters(alg=alg) for alg in ALGORITHMS]
    )
    timeout: int = TIMEOUT
    excludeCredentials: list[CredentialDescriptor]
    authenticatorSelection: AuthenticatorSelection = AuthenticatorSelection()
    attestation: Literal["none"] = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOptions:
    """`PublicKeyCredentialRequestOptionsJSON`. No `allowCredentials`: any account that the device knows here."""

    challenge: str
    timeout: int = TIMEOUT
    rpId: str
    allowCredentials: list[CredentialDescriptor]
    userVerification: Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationResponse:
    clientDataJSON: str
    attestationObject: str
    transports: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationResponse:
    """`RegistrationResponseJSON`."""

    id: str
    rawId: str
    type: Type
    response: AttestationResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertionResponse:
    clientDataJSON: str
    authenticatorData: str
    signature: str
    userHandle: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationResponse:
    """`AuthenticationResponseJSON`."""

    id: str
    rawId: str
    type: Type
    response: AssertionResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What a device has made. `public_key`: a COSE key (RFC 9052 §7)."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    aaguid: UUID
    can_be_backed_up: bool
    is_backed_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asserted:
    """What a device says of itself under a right signature."""

    sign_count: int
    can_be_backed_up: bool
    is_backed_up: bool


class RelyingParty(Protocol):
    """Checks what devices answer (WebAuthn §7.1, §7.2). Raises WrongPasskey, whatever is wrong with it."""

    @property
    def is_on(self) -> bool: ...
    @property
    def entity(self) -> RelyingPartyEntity: ...
    def challenge_in(self, client_data: str, /) -> str:
        """Of the options that were answered, as the answer has it."""

    def registered(self, answer: RegistrationResponse, challenge: str, /) -> Registered: ...
    def asserted(
        self, answer: AuthenticationResponse, challenge: str, public_key: bytes, /, *, user_verified: bool
    ) -> Asserted:
        """`user_verified`: the device must have asked for a finger, a face or a PIN. Sign counts are left alone."""


class WrongPasskey(Invalid):
    """Commits: nothing was done, but that a device may have been copied is written down."""

    leaves_trail = True
    message = "The passkey is not known here, or did not answer as it should."

    def __init__(self) -> None:
        super().__init__(Problem("credential", "what one of your passkeys answers on a page of this site"))
