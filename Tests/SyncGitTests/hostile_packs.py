"""Writes packs that nobody should take, and a few that everybody should, into a directory.

Each is `<name>.pack`; one whose name begins with `good-` is well.
"""

import hashlib
import struct
import sys
import zlib

COMMIT, TREE, BLOB, TAG, OFS, REF = 1, 2, 3, 4, 6, 7
KINDS = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob", TAG: b"tag"}


def name_of(kind, content):
    return hashlib.sha1(KINDS[kind] + b" %d\0" % len(content) + content).digest()


def head(kind, size):
    first, rest = kind << 4 | size & 15, size >> 4
    out = bytearray()
    while rest:
        out.append(first | 0x80)
        first, rest = rest & 0x7F, rest >> 7
    out.append(first)
    return bytes(out)


def entry(kind, content, size=None, between=b""):
    return head(kind, len(content) if size is None else size) + between + zlib.compress(content)


def bomb(kind, size, between=b"", start=b"", fill=b"\0"):
    """An entry that inflates to a size, made without holding it."""
    deflate = zlib.compressobj(1)
    out = [head(kind, size), between, deflate.compress(start)]
    left, block = size - len(start), fill * (1 << 20)
    while left > 0:
        out.append(deflate.compress(block[:left]))
        left -= len(block)
    out.append(deflate.flush())
    return b"".join(out)


def pack(entries, count=None, magic=b"PACK", version=2):
    body = magic + struct.pack(">II", version, len(entries) if count is None else count)
    body += b"".join(entries)
    return body + hashlib.sha1(body).digest()


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def offset(distance):
    out = [distance & 0x7F]
    distance >>= 7
    while distance:
        distance -= 1
        out.insert(0, distance & 0x7F | 0x80)
        distance >>= 7
    return bytes(out)


def packs():
    text = b"hello\n"
    blob = entry(BLOB, text)
    blob_id = name_of(BLOB, text)
    tree = b"100644 a\0" + blob_id
    tree_id = name_of(TREE, tree)
    who = b"a <a@b> 1 +0000\n"
    commit = b"tree " + tree_id.hex().encode() + b"\nauthor " + who + b"committer " + who + b"\nm\n"
    delta = varint(6) + varint(6) + b"\x90\x06"
    yield "good-empty", pack([])
    yield "good-commit", pack([entry(COMMIT, commit), entry(TREE, tree), blob])
    again = varint(6) + varint(12) + b"\x90\x06\x90\x06"
    yield "good-delta", pack([blob, entry(OFS, again, between=offset(len(blob)))])
    yield "good-submodule", pack([entry(TREE, b"160000 s\0" + b"\x11" * 20)])
    good = pack([entry(COMMIT, commit), entry(TREE, tree), blob])
    yield "no-magic", pack([blob], magic=b"PICK")
    yield "version-9", pack([blob], version=9)
    yield "count-too-small", pack([blob, entry(BLOB, b"x")], count=1)
    yield "count-too-large", pack([blob], count=2)
    yield "count-huge", pack([blob], count=0xFFFFFFFF)
    yield "wrong-sum", good[:-1] + bytes([good[-1] ^ 1])
    for cut in (0, 4, 11, 12, 13, 40, len(good) - 21, len(good) - 20, len(good) - 1):
        yield f"truncated-{cut}", good[:cut]
    yield "more-behind", good + b"more"
    for kind in (0, 5):
        yield f"type-{kind}", pack([entry(kind, text)])
    yield "size-too-small", pack([entry(BLOB, text, size=3)])
    yield "size-too-large", pack([entry(BLOB, text, size=60)])
    yield "size-without-end", pack([b"\xbf" + b"\xff" * 20 + zlib.compress(text)])
    yield "not-deflated", pack([head(BLOB, 6) + text])
    yield "delta-without-base", pack([entry(REF, delta, between=b"\x22" * 20)])
    yield "delta-of-itself", pack([entry(OFS, delta, between=offset(0))])
    yield "delta-before-start", pack([blob, entry(OFS, delta, between=offset(1 << 40))])
    yield "delta-into-nothing", pack([blob, entry(OFS, delta, between=offset(3))])
    for label, words in {
        "beyond-base": varint(6) + varint(99) + b"\x90\x63",
        "wrong-base-size": varint(7) + varint(7) + b"\x90\x07",
        "wrong-result-size": varint(6) + varint(9) + b"\x90\x06",
        "cut-off": varint(6) + varint(6) + b"\x91",
        "reserved": varint(6) + varint(6) + b"\0",
        "empty": b"",
    }.items():
        yield f"delta-{label}", pack([blob, entry(OFS, words, between=offset(len(blob)))])
    yield "tree-without-blob", pack([entry(TREE, tree)])
    yield "commit-without-tree", pack([entry(COMMIT, commit)])
    lonely = commit.replace(b"\nauthor", b"\nparent " + b"3" * 40 + b"\nauthor")
    yield "commit-without-parent", pack([entry(COMMIT, lonely), entry(TREE, tree), blob])
    tag = b"object " + b"4" * 40 + b"\ntype commit\ntag t\n\nm\n"
    yield "tag-without-object", pack([entry(TAG, tag)])
    yield "tree-cut-off", pack([entry(TREE, tree[:-1]), blob])
    yield "tree-of-noise", pack([entry(TREE, b"\xff" * 50)])
    yield "commit-of-noise", pack([entry(COMMIT, b"\xff" * 50)])
    # What is small on the wire and not in memory.
    giga, real_size = 1 << 30, 200 << 20
    claim = varint(6) + varint(64 * giga) + b"\x90\x06"
    yield "bomb-delta-claim", pack([blob, entry(OFS, claim, between=offset(len(blob)))])
    base = bomb(BLOB, 16 << 20)
    copies = b"\xf0\xff\xff\xff" * 600
    real = varint(16 << 20) + varint(0xFFFFFF * 600) + copies
    yield "bomb-delta", pack([base, entry(OFS, real, between=offset(len(base)))])
    yield "bomb-delta-base", pack([
        blob, entry(REF, varint(64 * giga) + varint(6) + b"\x90\x06", between=blob_id)])
    yield "bomb-delta-long", pack([
        blob, bomb(OFS, real_size, offset(len(blob)), varint(6) + varint(6), b"\x01a")])
    yield "bomb-blob", pack([bomb(BLOB, real_size)])
    yield "bomb-tree", pack([bomb(TREE, real_size)])
    yield "bomb-commit", pack([bomb(COMMIT, real_size, start=commit, fill=b"x")])
    many = [bomb(BLOB, 100 << 20, start=b"%d" % i) for i in range(24)]
    yield "bomb-many", pack(many)
    yield "bomb-claim", pack([entry(TREE, tree, size=1 << 50)])


for pack_name, content in packs():
    with open(f"{sys.argv[1]}/{pack_name}.pack", "wb") as file:
        file.write(content)
