from . import gamification_goal
