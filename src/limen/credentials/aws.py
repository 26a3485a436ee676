"""Keys of AWS, by botocore: its default chain, a profile, an assumed role, a web identity. Everything here blocks.

For a role that the file names, the keys come from STS itself, which says when they expire. The default chain's keys are
botocore's to refresh, which it does when it is asked for them, 10 to 15 minutes ahead; so it is asked again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from limen.errors import CredentialFault
from limen.model.secret import Secret
from limen.providers.aws_keys import AwsKeys
from limen.providers.credentials import AwsChain

ASK_AGAIN = 300.0  # seconds; botocore's keys are valid for at least 600 when it gives them
DEFAULT_REGION = "us-east-1"


class AwsKeySource:
    """Called in a thread, one call at a time. `clock` counts seconds since 1970."""

    def __init__(self, chain: AwsChain, clock: Callable[[], float]) -> None:
        self._chain = chain
        self._clock = clock
        self._refreshable: Any = None

    def __call__(self) -> AwsKeys:
        """Keys that are valid now."""
        return self._assumed() if self._chain.role_arn else self._resolved()

    def _resolved(self) -> AwsKeys:
        from botocore.credentials import RefreshableCredentials  # noqa: PLC0415

        credentials = self._refreshable or self._session().get_credentials()
        if credentials is None:
            raise CredentialFault(
                "AWS's default chain found none: not in the environment, the shared files, a container's or a machine's service"
            )
        if isinstance(credentials, RefreshableCredentials):
            self._refreshable = credentials
        keys = credentials.get_frozen_credentials()
        token = Secret(keys.token) if keys.token else None
        return AwsKeys(keys.access_key, Secret(keys.secret_key), token, self._clock() + ASK_AGAIN)

    def _assumed(self) -> AwsKeys:
        chain = self._chain
        wanted: dict[str, Any] = {
            "RoleArn": chain.role_arn,
            "RoleSessionName": chain.session_name,
            "DurationSeconds": chain.session_seconds,
        }
        if chain.web_identity_file is not None:
            token = Path(chain.web_identity_file).read_text(encoding="utf-8").strip()
            given = self._sts(signed=False).assume_role_with_web_identity(WebIdentityToken=token, **wanted)
        else:
            if chain.external_id is not None:
                wanted["ExternalId"] = chain.external_id.reveal()
            given = self._sts(signed=True).assume_role(**wanted)
        keys = given["Credentials"]
        return AwsKeys(
            keys["AccessKeyId"],
            Secret(keys["SecretAccessKey"]),
            Secret(keys["SessionToken"]),
            keys["Expiration"].timestamp(),
        )

    def _session(self) -> Any:
        from botocore.session import Session  # noqa: PLC0415

        return Session(profile=self._chain.profile)

    def _sts(self, *, signed: bool) -> Any:
        from botocore import UNSIGNED  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        chain, session = self._chain, self._session()
        config = Config(connect_timeout=5, read_timeout=10, signature_version=None if signed else UNSIGNED)
        return session.create_client(
            "sts",
            region_name=chain.region or session.get_config_variable("region") or DEFAULT_REGION,
            aws_access_key_id=chain.access_key.reveal() if chain.access_key else None,
            aws_secret_access_key=chain.secret_key.reveal() if chain.secret_key else None,
            aws_session_token=chain.session_token.reveal() if chain.session_token else None,
            config=config,
        )
