"""A software authenticator (WebAuthn Level 3): a device with one passkey, that lies wherever a test wants it to."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40  # flags, §6.1
EDDSA, ES256, RS256 = -8, -7, -257
NO_MAKE = bytes(16)


class Device:
    """`origin`: of the page that asks. `rp_id`: None takes what the options say. `counts`: its signatures."""

    def __init__(self, alg: int = ES256, *, counts: bool = True) -> None:
        self.alg, self.counts, self.sign_count = alg, counts, 0
        self.credential_id = secrets.token_bytes(32)
        self.user_handle: bytes | None = None
        self.origin = "http://localhost:8000"
        self.rp_id: str | None = None
        self.flags = UP | UV
        self.aaguid = NO_MAKE
        self._key = _new_key(alg)

    @property
    def public_key(self) -> bytes:
        return cbor2.dumps(_cose(self._key))

    def create(self, options: Mapping[str, Any], **said: Any) -> dict[str, Any]:
        """`RegistrationResponseJSON`. `said`: what else the page's client data says."""
        self.user_handle = plain(options["user"]["id"])
        attested = self.aaguid + len(self.credential_id).to_bytes(2, "big") + self.credential_id
        data = self._data(options["rp"]["id"], AT) + attested + self.public_key
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        response = {
            "clientDataJSON": b64(self._client_data("webauthn.create", options, said)),
            "attestationObject": b64(made),
            "transports": ["internal", "hybrid"],
        }
        return self._answer(response)

    def get(self, options: Mapping[str, Any], **said: Any) -> dict[str, Any]:
        """`AuthenticationResponseJSON`."""
        if self.counts:
            self.sign_count += 1
        client_data = self._client_data("webauthn.get", options, said)
        data = self._data(options["rpId"])
        response = {
            "clientDataJSON": b64(client_data),
            "authenticatorData": b64(data),
            "signature": b64(self._sign(data + hashlib.sha256(client_data).digest())),
            "userHandle": None if self.user_handle is None else b64(self.user_handle),
        }
        return self._answer(response)

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        """As `toJSON()` writes it."""
        id = b64(self.credential_id)
        about = {"authenticatorAttachment": "platform", "clientExtensionResults": {}}
        return {"id": id, "rawId": id, "type": "public-key", "response": response} | about

    def _client_data(self, type: str, options: Mapping[str, Any], said: Mapping[str, Any]) -> bytes:
        data: dict[str, Any] = {
            "type": type,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": False,
        }
        return json.dumps({**data, **said}).encode()

    def _data(self, rp_id: str, more: int = 0) -> bytes:
        hashed = hashlib.sha256((self.rp_id or rp_id).encode()).digest()
        return hashed + bytes([self.flags | more]) + self.sign_count.to_bytes(4, "big")

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(data)
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))


Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def _new_key(alg: int) -> Key:
    if alg == EDDSA:
        return ed25519.Ed25519PrivateKey.generate()
    if alg == RS256:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def _cose(key: Key) -> dict[int, Any]:
    """The public key (RFC 9053, RFC 8230)."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return {1: 1, 3: EDDSA, -1: 6, -2: key.public_key().public_bytes_raw()}
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {1: 3, 3: RS256, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}
    point = key.public_key().public_numbers()
    return {1: 2, 3: ES256, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")
