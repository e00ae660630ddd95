# The folder of a test names the database it runs in: see script/test.
from .crm import *
