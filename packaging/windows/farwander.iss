; Installer for Windows, for Inno Setup 6.3 or later. build.ps1 compiles it and hands in what it needs:
;   AppVersion  the version of Cargo.toml
;   Program     farwander.exe
;   Notices     the licences of what is compiled in
;   OutDir      where the installer goes

#ifndef AppVersion
  #error AppVersion is missing: run packaging\windows\build.ps1 instead of compiling this file by itself
#endif

#define Root SourcePath + "..\.."

[Setup]
AppId={{7E0B3C52-5C1F-4B57-9A53-2A6D0E4B8F11}
AppName=Farwander
AppVersion={#AppVersion}
AppVerName=Farwander {#AppVersion}
AppPublisher=The Farwander authors
VersionInfoVersion={#AppVersion}
DefaultDirName={autopf}\Farwander
DefaultGroupName=Farwander
DisableProgramGroupPage=yes
LicenseFile={#Root}\LICENSE-MIT
; For oneself without an administrator, or for everybody: the installer asks.
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0
SetupIconFile={#Root}\assets\icon.ico
UninstallDisplayIcon={app}\farwander.ico
UninstallDisplayName=Farwander
Compression=lzma2/max
SolidCompression=yes
WizardStyle=modern
ChangesAssociations=yes
OutputDir={#OutDir}
OutputBaseFilename=Farwander-{#AppVersion}-windows-x64-setup

[Languages]
Name: "english"; MessagesFile: "compiler:Default.isl"
Name: "german"; MessagesFile: "compiler:Languages\German.isl"

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; GroupDescription: "{cm:AdditionalIcons}"; Flags: unchecked

[Files]
Source: "{#Program}"; DestDir: "{app}"; DestName: "farwander.exe"; Flags: ignoreversion
Source: "{#Root}\models\vale.safetensors"; DestDir: "{app}\models"; Flags: ignoreversion
Source: "{#Root}\models\probe.safetensors"; DestDir: "{app}\models"; Flags: ignoreversion
Source: "{#Root}\assets\icon.ico"; DestDir: "{app}"; DestName: "farwander.ico"; Flags: ignoreversion
Source: "{#Root}\README.md"; DestDir: "{app}"; Flags: ignoreversion
Source: "{#Root}\CHANGELOG.md"; DestDir: "{app}"; Flags: ignoreversion
Source: "{#Root}\LICENSE-MIT"; DestDir: "{app}"; Flags: ignoreversion
Source: "{#Root}\LICENSE-APACHE"; DestDir: "{app}"; Flags: ignoreversion
Source: "{#Notices}"; DestDir: "{app}"; DestName: "third-party.txt"; Flags: ignoreversion

[Icons]
Name: "{autoprograms}\Farwander"; Filename: "{app}\farwander.exe"; IconFilename: "{app}\farwander.ico"
Name: "{autodesktop}\Farwander"; Filename: "{app}\farwander.exe"; IconFilename: "{app}\farwander.ico"; Tasks: desktopicon

[Registry]
; "Open with" for generator files. What opens *.safetensors by default stays as it is: most of them belong to other programs.
Root: HKA; Subkey: "Software\Classes\.safetensors\OpenWithProgids"; ValueType: string; ValueName: "Farwander.Generator"; ValueData: ""; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\Farwander.Generator"; ValueType: string; ValueName: ""; ValueData: "Farwander world"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Farwander.Generator\DefaultIcon"; ValueType: string; ValueName: ""; ValueData: "{app}\farwander.ico"
Root: HKA; Subkey: "Software\Classes\Farwander.Generator\shell\open\command"; ValueType: string; ValueName: ""; ValueData: """{app}\farwander.exe"" ""%1"""

[Run]
Filename: "{app}\farwander.exe"; Description: "{cm:LaunchProgram,Farwander}"; Flags: nowait postinstall skipifsilent
