"""What a code may learn by, all of the same batches: (embedding (B, E), same (B, B); settings) -> one number. Listed here."""

from getnet_tf.retrieval.losses.contrastive import contrastive
from getnet_tf.retrieval.losses.coupled_clusters import coupled_clusters
from getnet_tf.retrieval.losses.triplet import triplet
from getnet_tf.retrieval.losses.weak_triplet import weak_triplet

LOSSES = {
    "contrastive": contrastive,
    "triplet": triplet,
    "coupled-clusters": coupled_clusters,
    "weak-triplet": weak_triplet,
}
