# What the rewrite beside this file uses
import copy
