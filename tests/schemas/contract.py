"""The examples of the documentation: events in, changes out, profiles out, dead letters."""

from __future__ import annotations

import json
from typing import Any

EVENT: dict[str, Any] = json.loads("""
{"type": "track", "event": "Order Completed", "messageId": "m-1", "userId": "12345",
 "timestamp": "2024-11-09T14:20:00.000Z",
 "properties": {"order_id": "A1", "revenue": 59.8,
   "products": [{"product_id": "product_001", "category": "fashion", "brand": "BrandA", "price": 29.9, "quantity": 2}]},
 "context": {"device": {"type": "mobile"}, "locale": "en-US", "timezone": "America/New_York"}}
""")
CHANGE: dict[str, Any] = json.loads("""
{"specversion": "1.0", "id": "12345:7", "source": "livesegments", "type": "livesegments.segment.entered.v1",
 "subject": "12345", "time": "2024-12-09T14:20:00.001Z", "datacontenttype": "application/json",
 "data": {"user_id": "12345", "sequence": 7, "segment": "one_time_buyers", "change": "entered",
  "segments_before": ["newsletter"], "segments_after": ["newsletter", "one_time_buyers"],
  "cause": {"kind": "time"},
  "because": [{"clause": "orders == 1", "holds": true, "values": {"orders": 1}},
              {"clause": "days_since_order > 30", "holds": true, "values": {"days_since_order": 30.000000011574074}},
              {"clause": "email_open_rate < 0.2", "holds": true, "values": {"email_open_rate": 0.1}}],
  "dwell_ms": null, "definition": "9f31c20a77e1", "model_version": null}}
""")
PROFILE: dict[str, Any] = json.loads("""
{"user_id": "12345", "sequence": 7, "updated_at": "2024-11-09T14:20:00.000Z",
 "demographics": {"age": 34, "gender": "female", "location": "New York, NY", "occupation": null, "income": null},
 "behavioral_data": {"purchase_history": ["product_001"], "click_history": ["product_002", "category_shoes"],
   "average_session_duration": 300, "pages_per_session": 5, "frequency_of_purchases": 0.2},
 "preferences": {"preferred_categories": ["fashion"], "favorite_brands": ["BrandA"]},
 "contextual_data": {"device_type": "mobile", "time_of_last_interaction": "2024-11-09T14:20:00.000Z",
   "seasonal_preferences": ["winter"]},
 "engagement": {"email_open_rate": 0.4, "sms_open_rate": 0.3, "push_notification_click_rate": 0.1},
 "segments": ["newsletter"], "clusters": {}, "predictions": {}, "features": {}}
""")
DEAD_LETTER: dict[str, Any] = {
    "reason": "invalid_event",
    "message": "Expected `float`, got `str` - at `$.properties.revenue`",
    "raw": "{}",
    "received_at": "2024-11-09T14:20:00.000Z",
    "topic": "events.v1",
    "partition": 3,
    "offset": 17,
}
UNDELIVERED: dict[str, Any] = {
    "reason": "refused",
    "message": "410 Gone",
    "status": 410,
    "attempts": 3,
    "raw": json.dumps(CHANGE),
    "first_attempt_at": "2024-12-09T14:20:01.000Z",
    "at": "2024-12-09T14:20:04.000Z",
    "topic": "segment-changes.v1",
    "partition": 3,
    "offset": 17,
}
KINESIS_POSITION: dict[str, Any] = {
    "stream": "arn:aws:kinesis:eu-west-1:123456789012:stream/shop",
    "created_at": 1_731_162_000_000,
    "shard": "shardId-000000000003",
    "sequence_number": "49658401593184301932746105371628945001273940158263394306",
    "done": False,
}
EXAMPLES = {
    "event.v1": EVENT,
    "segment-change.v1": CHANGE,
    "profile.v1": PROFILE,
    "dead-letter.v1": DEAD_LETTER,
    "undelivered.v1": UNDELIVERED,
    "kinesis-position.v1": KINESIS_POSITION,
}
