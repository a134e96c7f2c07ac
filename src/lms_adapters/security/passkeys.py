"""What devices answer, checked by py_webauthn as WebAuthn Level 3 (§7.1, §7.2) asks."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TypeVar
from uuid import UUID

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import CredentialDeviceType

from lms_domain.identity.passkeys import bytes_in
from lms_domain.identity.webauthn import (
    ALGORITHMS,
    Asserted,
    AuthenticationResponse,
    Registered,
    RegistrationResponse,
    RelyingPartyEntity,
    WrongPasskey,
)

T = TypeVar("T")

LONGEST_ID = 1023  # bytes, WebAuthn §7.1 step 25
LONGEST_KEY = 600  # bytes: an RSA key of 4096 bits
ALLOWED = [COSEAlgorithmIdentifier(each) for each in ALGORITHMS]


class WebAuthn:
    """`origins`: of the pages that passkeys may be used on."""

    def __init__(self, *, is_on: bool, id: str, name: str, origins: Sequence[str]) -> None:
        self.is_on, self.entity = is_on, RelyingPartyEntity(name=name, id=id)
        self._origins = list(origins)

    def challenge_in(self, client_data: str, /) -> str:
        return _or_wrong(lambda: _challenge(client_data))

    def registered(self, answer: RegistrationResponse, challenge: str, /) -> Registered:
        made = _or_wrong(
            lambda: verify_registration_response(
                credential=asdict(answer),
                expected_challenge=bytes_in(challenge) or b"",
                expected_rp_id=self.entity.id,
                expected_origin=self._origins,
                supported_pub_key_algs=ALLOWED,
            )
        )
        if not 0 < len(made.credential_id) <= LONGEST_ID or len(made.credential_public_key) > LONGEST_KEY:
            raise WrongPasskey
        if bytes_in(answer.rawId) != made.credential_id:  # what is signed counts, and it is how it is found again
            raise WrongPasskey
        _or_wrong(lambda: decoded_public_key_to_cryptography(decode_credential_public_key(made.credential_public_key)))
        return Registered(
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            aaguid=UUID(made.aaguid),
            can_be_backed_up=made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            is_backed_up=made.credential_backed_up,
        )

    def asserted(
        self, answer: AuthenticationResponse, challenge: str, public_key: bytes, /, *, user_verified: bool
    ) -> Asserted:
        seen = _or_wrong(
            lambda: verify_authentication_response(
                credential=asdict(answer),
                expected_challenge=bytes_in(challenge) or b"",
                expected_rp_id=self.entity.id,
                expected_origin=self._origins,
                credential_public_key=public_key,
                credential_current_sign_count=0,  # py_webauthn compares before it has looked at the signature
                require_user_verification=user_verified,
            )
        )
        return Asserted(
            sign_count=seen.new_sign_count,
            can_be_backed_up=seen.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            is_backed_up=seen.credential_backed_up,
        )


def _challenge(client_data: str) -> str:
    said = json.loads(bytes_in(client_data) or b"")
    challenge = said["challenge"]
    if not isinstance(challenge, str) or said.get("crossOrigin"):  # no page of ours is shown within another site's
        raise WrongPasskey
    return challenge


def _or_wrong(read: Callable[[], T]) -> T:
    """Devices and forgers send what they like: beside its own errors py_webauthn lets through those of the parsers of
    CBOR, JSON, keys and certificates. None of them may tell more, or be a fault of the server.
    """
    try:
        return read()
    except Exception:  # noqa: BLE001
        raise WrongPasskey from None
