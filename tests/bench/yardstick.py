"""A yardstick, not a design: what one realistic event costs in plain Python; never changed, so that figures compare.

Decode, 12 features, 4 rules, 5 centres, encode. `tests/bench/core.py` times it beside the core, which should stay
within 1.5 times of it on the same machine in the same run; other figures here are told in its units.
"""

import msgspec

__all__ = ["step"]


class Props(msgspec.Struct):
    product_id: str = ""
    category: str = ""
    brand: str = ""
    price: float = 0.0
    quantity: int = 1


class Event(msgspec.Struct):
    event_id: str
    user_id: str
    type: str
    ts: int
    device: str = ""
    properties: Props = msgspec.field(default_factory=Props)


class Profile(msgspec.Struct, array_like=True):
    n: int = 0
    first: int = 0
    last: int = 0
    counts: dict[str, int] = {}
    cats: dict[str, int] = {}
    brands: dict[str, int] = {}
    spend: float = 0.0
    purchases: list[int] = []
    sess_start: int = 0
    sess_pages: int = 0
    sess_n: int = 0
    sess_sec: float = 0.0
    segs: list[str] = []
    cluster: int = -1
    seq: int = 0


dec = msgspec.json.Decoder(Event)
pdec = msgspec.msgpack.Decoder(Profile)
penc = msgspec.msgpack.Encoder()
jenc = msgspec.json.Encoder()
C = [[0.1 * i, 50.0 * i, 2.0 * i, 0.2 * i] for i in range(1, 6)]


def step(state: bytes | None, raw: bytes) -> tuple[str, bytes, list[bytes]]:
    """Apply an event to a user's state; give the user, the state after it, and the changes."""
    e = dec.decode(raw)
    p = pdec.decode(state) if state is not None else Profile(first=e.ts)
    t = e.ts
    p.n += 1
    p.counts[e.type] = p.counts.get(e.type, 0) + 1
    pr = e.properties
    if pr.category:
        p.cats[pr.category] = p.cats.get(pr.category, 0) + 1
    if pr.brand and len(p.brands) < 20:
        p.brands[pr.brand] = p.brands.get(pr.brand, 0) + 1
    if t - p.last > 1800000:
        p.sess_n += 1
        p.sess_start = t
    p.sess_sec += min(max(t - p.last, 0), 1800000) / 1000.0
    if e.type == "page_view":
        p.sess_pages += 1
    p.last = t
    if e.type == "purchase":
        p.spend += pr.price * pr.quantity
        p.purchases.append(t)
        if len(p.purchases) > 32:
            del p.purchases[0]
    cut = t - 30 * 86400000
    f = sum(1 for x in p.purchases if x >= cut)
    d = p.sess_sec / max(p.sess_n, 1)
    pg = p.sess_pages / max(p.sess_n, 1)
    eo = p.counts.get("email_open", 0) / p.n
    x = (f, d / 60, pg, eo)
    segs = []
    if p.spend > 1000 and eo > 0.2:
        segs.append("high_value")
    if p.counts.get("page_view", 0) > 10 and f < 1:
        segs.append("browser")
    if len(p.purchases) == 1:
        segs.append("one_time")
    if p.brands and max(p.brands.values()) >= 5:
        segs.append("loyal")
    best = -1
    bd = 1e300
    for i, c in enumerate(C):
        s = 0.0
        for a, b in zip(x, c):  # noqa: B905
            s += (a - b) * (a - b)
        if s < bd:
            bd = s
            best = i
    out = changed(e, p, segs, best) if segs != p.segs or best != p.cluster else []
    return e.user_id, penc.encode(p), out


def changed(e: Event, p: Profile, segs: list[str], best: int) -> list[bytes]:
    """Tell what a user entered and left, as CloudEvents."""
    out = []
    for s in segs:
        if s not in p.segs:
            p.seq += 1
            out.append(envelope(e, p, "segment.entered", segment_change(e, p, s, segs)))
    for s in p.segs:
        if s not in segs:
            p.seq += 1
            out.append(envelope(e, p, "segment.exited", segment_change(e, p, s, segs)))
    if best != p.cluster:
        p.seq += 1
        out.append(envelope(e, p, "cluster.changed", {"from": p.cluster, "to": best}))
    p.segs = segs
    p.cluster = best
    return out


def segment_change(e: Event, p: Profile, s: str, segs: list[str]) -> dict[str, object]:
    """Give the `data` of a change."""
    return {"segment": s, "cause": e.event_id, "seq": p.seq, "previous": p.segs, "segments": segs}


def envelope(e: Event, p: Profile, kind: str, detail: dict[str, object]) -> bytes:
    """Give a CloudEvent."""
    return jenc.encode(
        {
            "specversion": "1.0",
            "id": f"{e.user_id}:{p.seq}",
            "type": kind,
            "source": "seed",
            "subject": e.user_id,
            "time": e.ts,
            "data": detail,
        }
    )
