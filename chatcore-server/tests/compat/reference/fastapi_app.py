"""What clients of FastAPI are used to: how it refuses bodies, queries, paths, methods and missing tokens."""

import sys
from pathlib import Path
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, Query
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel

app = FastAPI()
Bearer = Annotated[str, Depends(OAuth2PasswordBearer(tokenUrl="auth/authenticate"))]


class Authenticate(BaseModel):
    wallet_address: str
    signature: str


class Said(BaseModel):
    content: str
    chat_id: int


@app.post("/auth/authenticate")
def authenticate(_: Authenticate):
    return {"access_token": "a token", "token_type": "bearer", "exp": 1}


@app.get("/chat/")
def chats(_: Bearer, limit: Annotated[int, Query(ge=1, le=100)] = 50, offset: Annotated[int, Query(ge=0)] = 0):
    return []


@app.get("/chat/{chat_id}")
def chat(chat_id: int, _: Bearer):
    return {"id": chat_id}


@app.post("/message/")
def say(_: Said, __: Bearer):
    return {}


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        Path(sys.argv[1]).write_text(str(self.servers[0].sockets[0].getsockname()[1]))


Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error")).run()
