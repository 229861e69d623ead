"""Messages to homes elsewhere and back, whatever they say: by HTTP and by MQTT.

A channel carries numbered messages to parties known by name, and the first answer of each back;
what comes twice, too late or from somebody else is dropped. Both need a secret of every party.
"""
