"""An index in Milvus, for more than one machine; see `index`. A path instead of a server's address is Milvus Lite's."""

import contextlib

import numpy as np

from getnet_tf.errors import InputError
from getnet_tf.retrieval.faiss_index import BUILDING, LOOKING, PROBED
from getnet_tf.retrieval.index import FLAT, HNSW, IVF_PQ, LINKS

BLOCK = 1000  # codes of a message
TIMEOUT_S = 10.0  # that a server has to answer that it is there
MOST = 16_384  # that Milvus gives at once

_KINDS = {
    FLAT: ("FLAT", {}, {}),
    HNSW: ("HNSW", {"M": LINKS, "efConstruction": BUILDING}, {"ef": LOOKING}),
    # Servers have the room, so nothing is shortened.
    IVF_PQ: ("IVF_FLAT", {"nlist": 4096}, {"nprobe": PROBED}),
}


class MilvusIndex:
    """Codes of length 1, by their ids, in a collection.

    Args:
        uri: of a server, "http://host:19530", or of a file of Milvus Lite, which ends in ".db".
        collection: its name; made if it is not there.
        kind: of `index.KINDS`, for a new collection.
        dim: numbers of a code.

    Raises:
        InputError: if there is no Milvus, or the collection has other codes.
    """

    forgets = False  # see `index`

    def __init__(self, uri, collection, kind, dim):
        from pymilvus import MilvusClient

        self.kind, self.dim, self._uri, self._name = kind, dim, str(uri), collection
        with self._said():
            self._client = MilvusClient(self._uri, timeout=TIMEOUT_S)
            if not self._client.has_collection(collection):
                self._make()
            self._client.load_collection(collection)
            fields = self._client.describe_collection(collection)["fields"]
        found = next((field["params"].get("dim") for field in fields if field["name"] == "code"), None)
        if found != dim:
            raise InputError(
                f"{uri}: expected codes of {dim} numbers in the collection {collection}, found {found or 'none'}. "
                f"Give another --out."
            )

    def __len__(self):
        with self._said():
            (row,) = self._client.query(
                self._name, filter="", output_fields=["count(*)"], consistency_level="Strong"
            )
        return int(row["count(*)"])

    def add(self, ids, codes):
        """See `index`."""
        with self._said():
            for start in range(0, len(ids), BLOCK):
                block = np.asarray(codes[start : start + BLOCK], np.float32)
                rows = [
                    {"id": int(number), "code": code}
                    for number, code in zip(ids[start : start + BLOCK], block, strict=True)
                ]
                self._client.upsert(self._name, rows)

    def remove(self, ids):
        """See `index`."""
        with self._said():
            for start in range(0, len(ids), BLOCK):
                self._client.delete(self._name, ids=[int(number) for number in ids[start : start + BLOCK]])

    def search(self, codes, count):
        """See `index`. Milvus gives 16,384 at most."""
        count = min(count, MOST)
        ids = np.full((len(codes), count), -1)
        cosines = np.full((len(codes), count), -np.inf, np.float32)
        if not count:
            return ids, cosines
        parameters = dict(_KINDS[self.kind][2])
        if "ef" in parameters:
            parameters["ef"] = max(LOOKING, 2 * count)
        with self._said():
            found = self._client.search(
                self._name,
                data=list(np.asarray(codes, np.float32)),
                limit=count,
                output_fields=["id"],
                search_params={"metric_type": "IP", "params": parameters},
                consistency_level="Strong",
            )
        for number, hits in enumerate(found):
            ids[number, : len(hits)] = [hit["id"] for hit in hits]
            cosines[number, : len(hits)] = [hit["distance"] for hit in hits]
        return ids, cosines

    def close(self):
        """Ends the connection; a file of Milvus Lite is for one at a time."""
        self._client.close()

    def drop(self):
        """Removes the collection, with all that is in it."""
        with self._said():
            self._client.drop_collection(self._name)

    def _make(self):
        from pymilvus import DataType

        name, parameters, _ = _KINDS[self.kind]
        schema = self._client.create_schema(auto_id=False)
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("code", DataType.FLOAT_VECTOR, dim=self.dim)
        index = self._client.prepare_index_params()
        index.add_index("code", index_type=name, metric_type="IP", params=parameters)
        self._client.create_collection(self._name, schema=schema, index_params=index)

    @contextlib.contextmanager
    def _said(self):
        """Milvus's errors as ours."""
        from pymilvus.exceptions import MilvusException

        try:
            yield
        except MilvusException as error:
            reason = " ".join(str(error.message or error).split())[:200]
            raise InputError(
                f"{self._uri}: expected Milvus, received: {reason}. Start the server, or check --milvus."
            ) from None
