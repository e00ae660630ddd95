from . import activity_export
