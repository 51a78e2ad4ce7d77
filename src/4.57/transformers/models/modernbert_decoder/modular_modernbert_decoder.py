# Imports for the rewrite in the .yml next to this file
import copy
