from transformers import GPTNeoXConfig


try:
    GPTNeoXConfig(rotary_pct=1.5)
except Exception as error:  # strict configs wrap the ValueError
    print("rotary_pct=1.5 is refused:", str(error).splitlines()[-1].strip())
    assert "must be a number from 0 to 1" in str(error)
else:
    raise AssertionError("rotary_pct=1.5 is accepted")
