import sys
from pathlib import Path

from hypothesis import settings


# With this, tests find the models in this folder under every import mode of pytest.
sys.path.insert(0, str(Path(__file__).parent))

# The same examples in every run, and no time limit on slow machines.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
