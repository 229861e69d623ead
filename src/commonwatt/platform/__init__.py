"""What every sector stands on: telemetry, signals, devices, forecasts, dispatch, money, alarms."""
