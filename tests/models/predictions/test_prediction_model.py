"""A published version survives JSON, says the same everywhere, and names its reasons."""

import msgspec
import pytest

from livesegments.models.predictions.inputs import user_input
from livesegments.models.predictions.model import PredictionModel, Reason
from livesegments.models.predictions.question import Question

PARAMETERS = {
    "means": [1.0, 2.0, 0.0],
    "deviations": [1.0, 2.0, 0.0],
    "weights": [[0.5, -2.0, 3.0]],
    "intercepts": [0.1],
}
NAMES = ("orders", "days_since_order", "days_since_order == null")


def model(**changes):
    fields = {"asks": "will", "kind": "logistic_regression", "feature_names": NAMES, "parameters": PARAMETERS}
    return PredictionModel(name="buys", version=3, effective_at=1_700_000_000_000, **fields | changes)


def test_json_and_back_gives_the_same_model_and_answer():
    copy = PredictionModel.decode(model().encode())
    assert copy == model()
    assert copy.predict([2.0, 1.0, 0.0]) == model().predict([2.0, 1.0, 0.0]) == 0.832018  # 0.1 + 0.5 + 1.0


def test_what_is_no_model_is_refused():
    with pytest.raises(msgspec.ValidationError, match="version"):
        PredictionModel.decode(model().encode().replace(b'"version":3', b'"version":"3"'))


def test_reasons_are_by_weight_and_count_an_absent_mark_for_its_feature():
    assert model().reasons([2.0, 1.0, 0.0]) == [Reason("days_since_order", 1.0), Reason("orders", 0.5)]
    parameters = {"means": [0.0] * 4, "deviations": [1.0] * 4, "weights": [[1.0, -2.0, 2.0, 0.5]], "intercepts": [0.0]}
    wide = model(feature_names=("d", "b", "a", "c"), parameters=parameters)
    assert [reason.feature for reason in wide.reasons([1.0] * 4)] == ["a", "b", "d"]


def test_a_class_is_named_and_none_of_them_is_none():
    def classes(*intercepts):
        parameters = PARAMETERS | {"weights": [[0.0] * 3] * 3, "intercepts": list(intercepts)}
        return model(asks="class", classes=("high", "low"), parameters=parameters).predict([0.0] * 3)

    assert classes(0.0, 5.0, 0.0) == "low"
    assert classes(0.0, 0.0, 5.0) is None


def test_who_never_bought_has_no_lifetime_value():
    parameters = {
        "asks": "value",
        "horizon_days": 30.0,
        "bg_nbd": [0.2, 4.0, 0.8, 2.4],
        "gamma_gamma": [6.0, 4.0, 15.0],
        "means": [1.0, 20.0, 100.0, 30.0],
    }
    lifetime = model(asks="value", kind="bg_nbd", parameters=parameters)
    user = user_input("bg_nbd")
    user.take(0, (), False, 0.0)
    assert lifetime.predict_for(user) is None
    assert lifetime.reasons(user.vector()) == []
    user.take(1, (), True, 20.0)
    assert lifetime.predict_for(user) > 0


def test_questions_that_cannot_be_answered_are_refused():
    with pytest.raises(ValueError, match=r"predictions\.clv: a value needs the model bg_nbd, was gru"):
        Question(name="clv", asks="value", horizon_ms=1, model="gru")
    with pytest.raises(ValueError, match="bg_nbd cannot tell classes"):
        Question(name="later", asks="class", horizon_ms=1, model="bg_nbd", classes=("high",))
    with pytest.raises(ValueError, match="needs named classes"):
        Question(name="later", asks="class", horizon_ms=1)
    with pytest.raises(ValueError, match="must be positive"):
        Question(name="soon", asks="will", horizon_ms=0)
