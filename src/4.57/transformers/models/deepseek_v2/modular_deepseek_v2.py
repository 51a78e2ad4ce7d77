# Imports for the rewrites in the .yml next to this file
import math
