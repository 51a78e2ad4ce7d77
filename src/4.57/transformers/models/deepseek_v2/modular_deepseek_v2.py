# What the rewrites beside this file use
import math
