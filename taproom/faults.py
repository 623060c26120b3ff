"""What can be expected to go wrong between here and AWS, in one line each: what was met, and what to do."""

from __future__ import annotations

from botocore import exceptions as botocore

from taproom.printable import printable

DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "403")
EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired")
UNKNOWN_KEYS = (
    *("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"),
    *("SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure"),
)
BUSY = ("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown")
NO_CREDENTIALS = (
    *(botocore.NoCredentialsError, botocore.PartialCredentialsError, botocore.CredentialRetrievalError),
    *(botocore.SSOError, botocore.TokenRetrievalError, botocore.NoAuthTokenError),
)
NO_CONNECTION = (botocore.HTTPClientError, botocore.ConnectionError, botocore.IncompleteReadError)


def in_words(error: botocore.BotoCoreError | botocore.ClientError) -> str:
    """One line on an error of boto3."""
    if isinstance(error, botocore.ClientError):
        return printable(_answered(error))
    return printable(_not_answered(error))


def error_code(error: botocore.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "?"))


def _answered(error: botocore.ClientError) -> str:
    """AWS was reached, and refused."""
    code = error_code(error)
    message = str(error.response.get("Error", {}).get("Message") or code).strip()
    what = f"{error.operation_name}: {message} ({code})"
    if code in DENIED:
        return f"AWS denied {what}. Choose another --profile, or have the permission given to this one"
    if code in EXPIRED:
        return f"the credentials have expired, says {what}. Sign in again (aws sso login), or choose another --profile"
    if code in UNKNOWN_KEYS:
        return f"AWS does not know the credentials, says {what}. Choose another --profile, or see `aws configure`"
    if code in BUSY:
        return f"AWS is asked too often, says {what}. Try again later"
    return f"AWS refused {what}"


def _not_answered(error: botocore.BotoCoreError) -> str:
    if isinstance(error, botocore.ProfileNotFound):
        return f"{error}. `aws configure list-profiles` lists those there are"
    if isinstance(error, NO_CREDENTIALS):
        return f"no credentials for AWS: {error}. Choose a --profile, or sign in (aws sso login, aws configure)"
    if isinstance(error, botocore.NoRegionError):
        return "no region is chosen: give --region, or set one in the profile"
    if isinstance(error, NO_CONNECTION):
        return f"AWS cannot be reached: {error}. Look at the network, at --endpoint-url and at --region"
    return str(error)
