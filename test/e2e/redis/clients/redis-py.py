"""An application with redis-py."""

import json
import os
import threading
import time

import redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

DATABASE = os.environ["DATABASE"]
SILENCE_SECONDS = 3
EVERY_SECONDS = 0.1
AT_MOST_SECONDS = 1800

SILENCE = {"socket_timeout": SILENCE_SECONDS, "socket_connect_timeout": SILENCE_SECONDS}
ACCOUNT = {"username": os.environ["USERNAME"], "password": os.environ["PASSWORD"], **SILENCE}
# Without a retry of one's own it waits for up to ten seconds between two attempts.
BY_NAME = {**ACCOUNT, "retry": Retry(ExponentialBackoff(cap=1, base=0.05), 3)}
# By Sentinel it tries again at three levels, one within another: a command, finding the primary, and connecting to it.
ONCE_MORE = {"retry": Retry(ExponentialBackoff(cap=1, base=0.05), 1)}
AT_ONCE = {"retry": Retry(NoBackoff(), 0)}
TLS = {"ssl": True, "ssl_ca_certs": os.environ["CA"]}
# The protocol names addresses, and the certificate names.
TLS_BY_ADDRESS = {**TLS, "ssl_check_hostname": False}


def by_sentinel(**more):
    places = [(f"{DATABASE}-sentinel", 26379)]
    found = Sentinel(places, sentinel_kwargs={**SILENCE, **AT_ONCE, **more})
    return found.master_for(DATABASE, **ACCOUNT, **ONCE_MORE, **more)


CLIENTS = {
    "name": lambda: redis.Redis(host=DATABASE, port=6379, **BY_NAME),
    "name, TLS": lambda: redis.Redis(host=DATABASE, port=6380, **BY_NAME, **TLS),
    "sentinel": by_sentinel,
    "sentinel, TLS": lambda: by_sentinel(**TLS_BY_ADDRESS),
}


def keep_writing(way, client):
    end = time.time() + AT_MOST_SECONDS
    while time.time() < end:
        line = {"way": way}
        try:
            client.incr(f"count:{way}")
        except Exception as error:  # whatever it is, the next attempt tells whether it passes
            line["error"] = repr(error)
        line["at"] = time.time() * 1000
        print(json.dumps(line), flush=True)
        time.sleep(EVERY_SECONDS)


for name, connect in CLIENTS.items():
    threading.Thread(target=keep_writing, args=(name, connect())).start()
