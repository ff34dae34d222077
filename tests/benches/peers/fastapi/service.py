"""FastAPI with Redis: one-time tokens for whoever presents an access token.

The smallest service that does what Tessera's contract `one_time_tokens` does with them. Only digests are kept; a token is
spent by GETDEL, so that it is spent once. An access token is PyJWT's, HS256, which costs it less than ES256 would.
"""

import hashlib
import os
import secrets
import time
import uuid
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from redis.asyncio import Redis

SECRET_KEY = os.environ["SECRET_KEY"]
LIFETIME = int(os.environ["ONETIME_TOKEN_EXPIRE_SECONDS"])

app = FastAPI(openapi_url=None)
redis = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


def caller(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> str:
    try:
        claims = jwt.decode(credentials.credentials, SECRET_KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "Credenciales inválidas") from error
    return claims["sub"]


Caller = Annotated[str, Depends(caller)]


class Presented(BaseModel):
    token: str


def key(token: str) -> str:
    return "one_time:" + hashlib.sha256(token.encode()).hexdigest()


@app.post("/login")
async def log_in():
    """Stands for a login that is not measured here: there is nobody to compare a password for."""
    now = int(time.time())
    claims = {"sub": str(uuid.uuid4()), "jti": str(uuid.uuid4()), "iat": now, "exp": now + 900}
    return {"access_token": jwt.encode(claims, SECRET_KEY, algorithm="HS256")}


@app.post("/token/create", status_code=201)
async def create(user_id: Caller):
    token = secrets.token_urlsafe(32)
    await redis.set(key(token), user_id, ex=LIFETIME)
    return {"token": token, "expires_in": LIFETIME}


@app.post("/token/validate")
async def validate(user_id: Caller, presented: Presented):
    if await redis.getdel(key(presented.token)) is None:
        raise HTTPException(401, "Token inválido o ya utilizado")
    return {"message": "Token válido y ahora consumido"}
