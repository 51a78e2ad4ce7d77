import os
import sys
from pathlib import Path

from hypothesis import settings


# Before torch is imported: its models are tiny here, and threads that wait for each other take most of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# With this, tests find the models in this folder under every import mode of pytest.
sys.path.insert(0, str(Path(__file__).parent))

# The same examples in every run, and no time limit on slow machines.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
