from . import company_messenger
