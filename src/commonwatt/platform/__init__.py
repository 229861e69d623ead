"""What every sector stands on: telemetry, signals, devices, forecasts, dispatch, settlement, alarms."""
