"""How models are measured, beside baselines and the champion."""
