import logging

from transformers import PaddleOCRTextConfig
from transformers.utils import logging as transformers_logging


warnings = []
handler = logging.Handler()
handler.emit = lambda record: warnings.append(record.getMessage())
transformers_logging.add_handler(handler)
transformers_logging.set_verbosity_warning()
PaddleOCRTextConfig(rope_parameters={"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]})
print("warnings:", warnings)
assert not any("mrope_section" in warning for warning in warnings)
