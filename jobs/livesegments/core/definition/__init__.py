"""The definition file: read, checked and compiled, with every mistake reported at once."""

from livesegments.core.definition.advice import advice_of
from livesegments.core.definition.cluster_specs import ClusterSpec
from livesegments.core.definition.definition import (
    Definition,
    cluster_key,
    find_definition,
    load_definition,
    parse_definition,
    prediction_key,
)
from livesegments.core.definition.feature_specs import FeatureSpec
from livesegments.core.definition.identity_spec import IdentitySpec
from livesegments.core.definition.limits import Limits
from livesegments.core.definition.prediction_specs import PredictionSpec
from livesegments.core.definition.profile_spec import Field
from livesegments.core.definition.segment_specs import SegmentSpec

__all__ = [
    "ClusterSpec",
    "Definition",
    "FeatureSpec",
    "Field",
    "IdentitySpec",
    "Limits",
    "PredictionSpec",
    "SegmentSpec",
    "advice_of",
    "cluster_key",
    "find_definition",
    "load_definition",
    "parse_definition",
    "prediction_key",
]
